package android.content.pm;

public class PackageInfo {
    public static final int REQUESTED_PERMISSION_GRANTED = 2;

    public ApplicationInfo applicationInfo;
    public long firstInstallTime;
    public long lastUpdateTime;
    public String[] requestedPermissions;
    public int[] requestedPermissionsFlags;
    public String sharedUserId;
    @Deprecated
    public Signature[] signatures;
    public SigningInfo signingInfo; // API 28
    @Deprecated
    public int versionCode;
    public String versionName;

    public long getLongVersionCode() { throw new UnsupportedOperationException(); } // API 28
}
