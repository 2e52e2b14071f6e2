package android.content.pm;

public class ApplicationInfo {
    public static final int FLAG_DEBUGGABLE = 1 << 1;
    public static final int FLAG_TEST_ONLY = 1 << 8;
    public static final int FLAG_STOPPED = 1 << 21;
    public static final int FLAG_INSTALLED = 1 << 23;
    public static final int FLAG_SUSPENDED = 1 << 30; // API 24

    public int flags;
    public int minSdkVersion; // API 24
    public String nativeLibraryDir;
    public String sourceDir;
    public int targetSdkVersion;
    public int uid;
}
