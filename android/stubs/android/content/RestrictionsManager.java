package android.content;

import android.os.Bundle;

public class RestrictionsManager {
    public Bundle getApplicationRestrictions() { throw new UnsupportedOperationException(); }
}
