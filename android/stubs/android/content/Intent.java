package android.content;

public class Intent {
    public static final String ACTION_AIRPLANE_MODE_CHANGED = "android.intent.action.AIRPLANE_MODE";
    public static final String ACTION_APPLICATION_RESTRICTIONS_CHANGED = "android.intent.action.APPLICATION_RESTRICTIONS_CHANGED";
    public static final String ACTION_BATTERY_CHANGED = "android.intent.action.BATTERY_CHANGED";
    public static final String ACTION_BATTERY_LOW = "android.intent.action.BATTERY_LOW";
    public static final String ACTION_BATTERY_OKAY = "android.intent.action.BATTERY_OKAY";
    public static final String ACTION_BOOT_COMPLETED = "android.intent.action.BOOT_COMPLETED";
    public static final String ACTION_MY_PACKAGE_REPLACED = "android.intent.action.MY_PACKAGE_REPLACED";
    public static final String ACTION_PACKAGE_ADDED = "android.intent.action.PACKAGE_ADDED";
    public static final String ACTION_PACKAGE_REMOVED = "android.intent.action.PACKAGE_REMOVED";
    public static final String ACTION_PACKAGE_REPLACED = "android.intent.action.PACKAGE_REPLACED";
    public static final String ACTION_POWER_CONNECTED = "android.intent.action.ACTION_POWER_CONNECTED";
    public static final String ACTION_POWER_DISCONNECTED = "android.intent.action.ACTION_POWER_DISCONNECTED";
    public static final String ACTION_TIMEZONE_CHANGED = "android.intent.action.TIMEZONE_CHANGED";
    public static final int FLAG_ACTIVITY_NEW_TASK = 0x10000000;

    public Intent(String action) { throw new UnsupportedOperationException(); }
    public Intent(Context context, Class<?> component) { throw new UnsupportedOperationException(); }
    public String getAction() { throw new UnsupportedOperationException(); }
    public Intent setPackage(String name) { throw new UnsupportedOperationException(); }
    public Intent addFlags(int flags) { throw new UnsupportedOperationException(); }
    public boolean hasExtra(String name) { throw new UnsupportedOperationException(); }
    public boolean getBooleanExtra(String name, boolean otherwise) { throw new UnsupportedOperationException(); }
    public int getIntExtra(String name, int otherwise) { throw new UnsupportedOperationException(); }
}
