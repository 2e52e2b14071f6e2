package android.telephony;

import java.util.List;

public class SubscriptionManager {
    public List<SubscriptionInfo> getActiveSubscriptionInfoList() { throw new UnsupportedOperationException(); } // API 22
}
