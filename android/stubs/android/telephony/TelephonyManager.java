package android.telephony;

public class TelephonyManager {
    public static final int PHONE_TYPE_NONE = 0;

    public TelephonyManager createForSubscriptionId(int id) { throw new UnsupportedOperationException(); } // API 24
    public int getActiveModemCount() { throw new UnsupportedOperationException(); } // API 30
    public int getDataNetworkType() { throw new UnsupportedOperationException(); } // API 24
    public int getDataState() { throw new UnsupportedOperationException(); }
    public String getNetworkOperator() { throw new UnsupportedOperationException(); }
    @Deprecated
    public int getNetworkType() { throw new UnsupportedOperationException(); }
    @Deprecated
    public int getPhoneCount() { throw new UnsupportedOperationException(); } // API 23
    public int getPhoneType() { throw new UnsupportedOperationException(); }
    public ServiceState getServiceState() { throw new UnsupportedOperationException(); } // API 26
    public SignalStrength getSignalStrength() { throw new UnsupportedOperationException(); } // API 28
    public int getSimState() { throw new UnsupportedOperationException(); }
    public int getSimState(int slot) { throw new UnsupportedOperationException(); } // since 26: an overload, which no name tells apart
    public boolean isNetworkRoaming() { throw new UnsupportedOperationException(); }
}
