package com.github.poshealth;

import android.annotation.TargetApi;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.Signature;
import android.os.Build;

import java.util.ArrayList;
import java.util.List;

import com.github.poshealth.core.IntakeDesk;

/** With what certificates a caller's packages are signed, as Android verified it at their installation. */
final class CallerSignatures implements IntakeDesk.Callers {
    private final PackageManager packages;

    CallerSignatures(PackageManager packages) {
        this.packages = packages;
    }

    @Override
    public List<byte[]> certificates(int uid) {
        String[] names = packages.getPackagesForUid(uid); // several share a user only with one signature
        if (names == null || names.length == 0) {
            return null;
        }
        try {
            List<byte[]> all = new ArrayList<byte[]>();
            for (Signature s : signatures(packages, names[0])) {
                all.add(s.toByteArray());
            }
            return all;
        } catch (PackageManager.NameNotFoundException e) {
            return null;
        }
    }

    /** Who signed a package: of an app that changed its key the newest. */
    @TargetApi(28)
    @SuppressWarnings("deprecation")
    static Signature[] signatures(PackageManager packages, String name) throws PackageManager.NameNotFoundException {
        PackageInfo info;
        Signature[] signatures;
        if (Build.VERSION.SDK_INT >= 28) {
            info = packages.getPackageInfo(name, PackageManager.GET_SIGNING_CERTIFICATES);
            signatures = info.signingInfo == null ? null : info.signingInfo.getApkContentsSigners();
        } else {
            info = packages.getPackageInfo(name, PackageManager.GET_SIGNATURES);
            signatures = info.signatures;
        }
        return signatures == null ? new Signature[0] : signatures;
    }
}
