package android.net;

public final class NetworkCapabilities {
    public static final int TRANSPORT_CELLULAR = 0;
    public static final int TRANSPORT_WIFI = 1;
    public static final int TRANSPORT_ETHERNET = 3;
    public static final int TRANSPORT_VPN = 4;
    public static final int NET_CAPABILITY_NOT_METERED = 11;
    public static final int NET_CAPABILITY_INTERNET = 12;
    public static final int NET_CAPABILITY_NOT_VPN = 15;
    public static final int NET_CAPABILITY_VALIDATED = 16; // API 23
    public static final int NET_CAPABILITY_CAPTIVE_PORTAL = 17; // API 23
    public static final int NET_CAPABILITY_NOT_SUSPENDED = 21; // API 28
    public static final int NET_CAPABILITY_TEMPORARILY_NOT_METERED = 25; // API 30

    public boolean hasCapability(int capability) { throw new UnsupportedOperationException(); }
    public boolean hasTransport(int transport) { throw new UnsupportedOperationException(); }
    public TransportInfo getTransportInfo() { throw new UnsupportedOperationException(); } // API 29
}
