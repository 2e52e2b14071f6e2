package android.content;

public class IntentFilter {
    public IntentFilter(String action) { throw new UnsupportedOperationException(); }
    public final void addAction(String action) { throw new UnsupportedOperationException(); }
    public final void addDataScheme(String scheme) { throw new UnsupportedOperationException(); }
}
