package android.app;

import android.content.Context;
import android.os.Bundle;
import android.view.View;

public class Activity extends Context {
    protected void onCreate(Bundle state) { throw new UnsupportedOperationException(); }
    protected void onPause() { throw new UnsupportedOperationException(); }
    protected void onResume() { throw new UnsupportedOperationException(); }
    protected void onDestroy() { throw new UnsupportedOperationException(); }
    public void onBackPressed() { throw new UnsupportedOperationException(); }
    public void setContentView(int layout) { throw new UnsupportedOperationException(); }
    public View findViewById(int id) { throw new UnsupportedOperationException(); }
    public final void requestPermissions(String[] permissions, int code) { throw new UnsupportedOperationException(); } // API 23
}
