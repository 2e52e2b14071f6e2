package android.app;

import android.content.Context;

public class Notification {
    public static final int PRIORITY_LOW = -1;

    public static class Builder {
        @Deprecated
        public Builder(Context context) { throw new UnsupportedOperationException(); }
        public Builder(Context context, String channel) { throw new UnsupportedOperationException(); }
        public Builder setSmallIcon(int icon) { throw new UnsupportedOperationException(); }
        public Builder setContentTitle(CharSequence title) { throw new UnsupportedOperationException(); }
        public Builder setContentText(CharSequence text) { throw new UnsupportedOperationException(); }
        public Builder setStyle(Style style) { throw new UnsupportedOperationException(); }
        public Builder setContentIntent(PendingIntent intent) { throw new UnsupportedOperationException(); }
        public Builder setOngoing(boolean ongoing) { throw new UnsupportedOperationException(); }
        public Builder setOnlyAlertOnce(boolean once) { throw new UnsupportedOperationException(); }
        public Builder setShowWhen(boolean show) { throw new UnsupportedOperationException(); }
        @Deprecated
        public Builder setPriority(int priority) { throw new UnsupportedOperationException(); }
        public Notification build() { throw new UnsupportedOperationException(); }
    }

    public abstract static class Style {
    }

    public static class BigTextStyle extends Style {
        public BigTextStyle() { throw new UnsupportedOperationException(); }
        public BigTextStyle bigText(CharSequence text) { throw new UnsupportedOperationException(); }
    }
}
