package android.net;

@Deprecated
public class NetworkInfo {
    @Deprecated
    public boolean isConnected() { throw new UnsupportedOperationException(); }
    @Deprecated
    public String getExtraInfo() { throw new UnsupportedOperationException(); }
}
