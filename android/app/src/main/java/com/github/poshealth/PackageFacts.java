package com.github.poshealth;

import android.annotation.TargetApi;
import android.content.Context;
import android.content.pm.ApplicationInfo;
import android.content.pm.PackageInfo;
import android.content.pm.PackageManager;
import android.content.pm.PermissionInfo;
import android.content.pm.Signature;
import android.os.Build;

import java.io.File;

import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.PaymentPackage;

/** The payment app that the parameters name, and no other. */
final class PackageFacts implements JavaFacts.Reader {
    private final String name;

    PackageFacts(String name) {
        this.name = name;
    }

    @Override
    public void read(Context context, Facts facts) {
        if (name.isEmpty()) {
            return;
        }
        PackageManager packages = context.getPackageManager();
        PaymentPackage p = new PaymentPackage();
        p.name = name;
        try {
            fill(p, packages);
        } catch (PackageManager.NameNotFoundException e) {
            if (Build.VERSION.SDK_INT >= 30) {
                return; // it may be there, and hidden from us: that is not known
            }
            p.found = false;
        }
        facts.put("package", p.json());
    }

    @SuppressWarnings("deprecation") // the older call is there in all versions
    private void fill(PaymentPackage p, PackageManager packages) throws PackageManager.NameNotFoundException {
        PackageInfo info = packages.getPackageInfo(name, PackageManager.GET_PERMISSIONS);
        ApplicationInfo app = info.applicationInfo;
        p.found = true;
        p.versionName = info.versionName;
        p.versionCode = Build.VERSION.SDK_INT >= 28 ? info.getLongVersionCode() : (long) info.versionCode;
        p.firstInstall = info.firstInstallTime;
        p.lastUpdate = info.lastUpdateTime;
        p.sharedUser = info.sharedUserId != null;
        p.installer = installer(packages);
        for (Signature s : CallerSignatures.signatures(packages, name)) {
            p.signatureHashes.add(s.hashCode());
        }
        if (app != null) {
            application(p, app);
        }
        p.enabled = packages.getApplicationEnabledSetting(name);
        for (int i = 0; info.requestedPermissions != null && i < info.requestedPermissions.length; i++) {
            boolean granted = (info.requestedPermissionsFlags[i] & PackageInfo.REQUESTED_PERMISSION_GRANTED) != 0;
            p.permission(info.requestedPermissions[i], granted, runtime(packages, info.requestedPermissions[i]));
        }
    }

    @TargetApi(24)
    private static void application(PaymentPackage p, ApplicationInfo app) {
        p.uid = app.uid;
        p.targetSdk = app.targetSdkVersion;
        p.codePath = app.sourceDir == null ? null : new File(app.sourceDir).getParent();
        p.debuggable = (app.flags & ApplicationInfo.FLAG_DEBUGGABLE) != 0;
        p.testOnly = (app.flags & ApplicationInfo.FLAG_TEST_ONLY) != 0;
        p.installed = (app.flags & ApplicationInfo.FLAG_INSTALLED) != 0;
        p.stopped = (app.flags & ApplicationInfo.FLAG_STOPPED) != 0;
        if (Build.VERSION.SDK_INT >= 24) {
            p.minSdk = app.minSdkVersion;
            p.suspended = (app.flags & ApplicationInfo.FLAG_SUSPENDED) != 0;
        }
    }

    @TargetApi(30)
    @SuppressWarnings("deprecation")
    private String installer(PackageManager packages) throws PackageManager.NameNotFoundException {
        if (Build.VERSION.SDK_INT >= 30) {
            return packages.getInstallSourceInfo(name).getInstallingPackageName();
        }
        return packages.getInstallerPackageName(name);
    }

    /** Whether people are asked for a permission while the app runs; null: Android does not know it. */
    @TargetApi(28)
    @SuppressWarnings("deprecation")
    private static Boolean runtime(PackageManager packages, String permission) {
        try {
            PermissionInfo info = packages.getPermissionInfo(permission, 0);
            int level = Build.VERSION.SDK_INT >= 28 ? info.getProtection() : info.protectionLevel & PermissionInfo.PROTECTION_MASK_BASE;
            return Build.VERSION.SDK_INT >= 23 && level == PermissionInfo.PROTECTION_DANGEROUS; // before, all are granted at installation
        } catch (PackageManager.NameNotFoundException e) {
            return null;
        }
    }
}
