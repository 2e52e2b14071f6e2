package android.telephony;

public class SubscriptionInfo {
    public int getSimSlotIndex() { throw new UnsupportedOperationException(); } // API 22
    public int getSubscriptionId() { throw new UnsupportedOperationException(); } // API 22
}
