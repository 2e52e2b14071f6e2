package android.telephony;

public final class NetworkRegistrationInfo {
    public static final int DOMAIN_PS = 2;

    public int getDomain() { throw new UnsupportedOperationException(); } // API 30
    public int getTransportType() { throw new UnsupportedOperationException(); } // API 30
    public boolean isRegistered() { throw new UnsupportedOperationException(); } // API 30
}
