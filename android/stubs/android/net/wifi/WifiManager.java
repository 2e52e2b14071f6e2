package android.net.wifi;

public class WifiManager {
    public boolean isWifiEnabled() { throw new UnsupportedOperationException(); }
    @Deprecated
    public WifiInfo getConnectionInfo() { throw new UnsupportedOperationException(); }
}
