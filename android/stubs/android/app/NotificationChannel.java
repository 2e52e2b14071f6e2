package android.app;

public final class NotificationChannel {
    public NotificationChannel(String id, CharSequence name, int importance) { throw new UnsupportedOperationException(); } // API 26
    public void setShowBadge(boolean show) { throw new UnsupportedOperationException(); } // API 26
}
