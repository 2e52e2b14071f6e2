package android.telephony;

import java.util.List;

public class ServiceState {
    public int getState() { throw new UnsupportedOperationException(); }
    public List<NetworkRegistrationInfo> getNetworkRegistrationInfoList() { throw new UnsupportedOperationException(); } // API 30
}
