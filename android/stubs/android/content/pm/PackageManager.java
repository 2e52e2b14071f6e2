package android.content.pm;

public abstract class PackageManager {
    public static final int GET_PERMISSIONS = 0x1000;
    @Deprecated
    public static final int GET_SIGNATURES = 0x40;
    public static final int GET_SIGNING_CERTIFICATES = 0x08000000; // API 28
    public static final int PERMISSION_GRANTED = 0;

    public static class NameNotFoundException extends Exception {
        private static final long serialVersionUID = 1;
    }

    public abstract PackageInfo getPackageInfo(String name, int flags) throws NameNotFoundException;

    public abstract PermissionInfo getPermissionInfo(String name, int flags) throws NameNotFoundException;

    public abstract String[] getPackagesForUid(int uid);

    public abstract int getApplicationEnabledSetting(String name);

    @Deprecated
    public abstract String getInstallerPackageName(String name);

    public InstallSourceInfo getInstallSourceInfo(String name) throws NameNotFoundException { throw new UnsupportedOperationException(); } // API 30
}
