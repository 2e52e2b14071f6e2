package android.net;

public class ConnectivityManager {
    public static class NetworkCallback {
        public void onAvailable(Network network) { throw new UnsupportedOperationException(); }
        public void onLost(Network network) { throw new UnsupportedOperationException(); }
        public void onCapabilitiesChanged(Network network, NetworkCapabilities can) { throw new UnsupportedOperationException(); }
        public void onLinkPropertiesChanged(Network network, LinkProperties link) { throw new UnsupportedOperationException(); }
    }

    public Network getActiveNetwork() { throw new UnsupportedOperationException(); } // API 23
    @Deprecated
    public NetworkInfo getActiveNetworkInfo() { throw new UnsupportedOperationException(); }
    @Deprecated
    public Network[] getAllNetworks() { throw new UnsupportedOperationException(); }
    public NetworkCapabilities getNetworkCapabilities(Network network) { throw new UnsupportedOperationException(); }
    public LinkProperties getLinkProperties(Network network) { throw new UnsupportedOperationException(); }
    @Deprecated
    public NetworkInfo getNetworkInfo(Network network) { throw new UnsupportedOperationException(); }
    public void registerNetworkCallback(NetworkRequest request, NetworkCallback callback) { throw new UnsupportedOperationException(); }
    public void unregisterNetworkCallback(NetworkCallback callback) { throw new UnsupportedOperationException(); }
}
