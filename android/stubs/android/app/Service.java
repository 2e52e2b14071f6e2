package android.app;

import android.content.Context;
import android.content.Intent;
import android.os.IBinder;

public abstract class Service extends Context {
    public static final int START_STICKY = 1;

    public void onCreate() { throw new UnsupportedOperationException(); }
    public int onStartCommand(Intent intent, int flags, int startId) { throw new UnsupportedOperationException(); }
    public void onDestroy() { throw new UnsupportedOperationException(); }
    public abstract IBinder onBind(Intent intent);
    public final void startForeground(int id, Notification notification) { throw new UnsupportedOperationException(); }
    public final void startForeground(int id, Notification notification, int type) { throw new UnsupportedOperationException(); } // since 29: an overload, which no name tells apart
}
