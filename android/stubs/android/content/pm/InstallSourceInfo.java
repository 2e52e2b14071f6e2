package android.content.pm;

public final class InstallSourceInfo {
    public String getInstallingPackageName() { throw new UnsupportedOperationException(); } // API 30
}
