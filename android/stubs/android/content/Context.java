package android.content;

import java.io.File;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageManager;

public class Context {
    public static final String CONNECTIVITY_SERVICE = "connectivity";
    public static final String NOTIFICATION_SERVICE = "notification";
    public static final String RESTRICTIONS_SERVICE = "restrictions";
    public static final String TELEPHONY_SERVICE = "phone";
    public static final String TELEPHONY_SUBSCRIPTION_SERVICE = "telephony_subscription_service"; // API 22
    public static final String WIFI_SERVICE = "wifi";
    public static final int BIND_AUTO_CREATE = 1;

    public Object getSystemService(String name) { throw new UnsupportedOperationException(); }
    public Context getApplicationContext() { throw new UnsupportedOperationException(); }
    public ApplicationInfo getApplicationInfo() { throw new UnsupportedOperationException(); }
    public PackageManager getPackageManager() { throw new UnsupportedOperationException(); }
    public ContentResolver getContentResolver() { throw new UnsupportedOperationException(); }
    public File getNoBackupFilesDir() { throw new UnsupportedOperationException(); }
    public File getExternalFilesDir(String type) { throw new UnsupportedOperationException(); }
    public final CharSequence getText(int id) { throw new UnsupportedOperationException(); }
    public final String getString(int id) { throw new UnsupportedOperationException(); }
    public final String getString(int id, Object... arguments) { throw new UnsupportedOperationException(); }
    public ComponentName startService(Intent service) { throw new UnsupportedOperationException(); }
    public ComponentName startForegroundService(Intent service) { throw new UnsupportedOperationException(); } // API 26
    public boolean bindService(Intent service, ServiceConnection connection, int flags) { throw new UnsupportedOperationException(); }
    public void unbindService(ServiceConnection connection) { throw new UnsupportedOperationException(); }
    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) { throw new UnsupportedOperationException(); }
    public void unregisterReceiver(BroadcastReceiver receiver) { throw new UnsupportedOperationException(); }
    public int checkSelfPermission(String permission) { throw new UnsupportedOperationException(); } // API 23
}
