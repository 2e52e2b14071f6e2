package android.content.pm;

public class PermissionInfo {
    public static final int PROTECTION_DANGEROUS = 1;
    @Deprecated
    public static final int PROTECTION_MASK_BASE = 0xf;

    @Deprecated
    public int protectionLevel;

    public int getProtection() { throw new UnsupportedOperationException(); } // API 28
}
