package com.github.poshealth.core.feed;

import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;

/** The payment app as Android has it installed: docs/reference/feed.md, package. Fields that are null are not known. */
public final class PaymentPackage {
    private static final String PACKAGE = "[A-Za-z0-9_.]{1,200}";
    private static final int MAX_PERMISSIONS = 256;
    private static final int MAX_SIGNERS = 8;
    private static final int MAX_VERSION = 128; // bytes
    private static final int MAX_PATH = 512; // bytes

    public String name;
    public Boolean found;
    public String versionName;
    public Long versionCode;
    public Integer minSdk;
    public Integer targetSdk;
    public Long firstInstall; // ms since 1970
    public Long lastUpdate;
    public String codePath;
    public Integer uid;
    public Boolean sharedUser;
    public String installer;
    public Boolean debuggable;
    public Boolean testOnly;
    public Boolean installed;
    public Boolean stopped;
    public Boolean suspended;
    public Integer enabled;
    public final List<Integer> signatureHashes = new ArrayList<Integer>(); // Signature.hashCode()
    private final List<String> permissions = new ArrayList<String>();

    public void permission(String permission, boolean granted, Boolean runtime) {
        if (permissions.size() < MAX_PERMISSIONS && permission.matches("[A-Za-z0-9_.-]{1,200}")) {
            permissions.add(new JsonText().text("name", permission).flag("granted", granted).flag("runtime", runtime).toString());
        }
    }

    public String json() {
        JsonText j = new JsonText().text("name", name, PACKAGE).flag("found", found);
        if (!Boolean.TRUE.equals(found)) {
            return j.toString();
        }
        j.text("version_name", versionName, "\\p{Print}{1," + MAX_VERSION + "}").number("version_code", versionCode, 0, Long.MAX_VALUE);
        j.number("min_sdk", minSdk, 0, 10000).number("target_sdk", targetSdk, 0, 10000);
        j.text("first_install", time(firstInstall)).text("last_update", time(lastUpdate));
        j.text("code_path", codePath, "/\\p{Print}{1," + (MAX_PATH - 1) + "}").number("uid", uid, 0, Integer.MAX_VALUE);
        j.flag("shared_user", sharedUser).text("installer", installer, PACKAGE).flag("debuggable", debuggable).flag("test_only", testOnly);
        StringBuilder hashes = new StringBuilder();
        for (int i = 0; i < Math.min(signatureHashes.size(), MAX_SIGNERS); i++) {
            hashes.append(i > 0 ? "," : "").append(Integer.toHexString(signatureHashes.get(i)));
        }
        j.text("signature_hash", hashes.length() == 0 ? null : hashes.toString());
        if (installed != null) {
            j.flag("has_state", true).flag("installed", installed).flag("stopped", stopped).flag("suspended", suspended).number("enabled", enabled, -1, 4);
        }
        return j.raw("permissions", permissions.isEmpty() ? null : JsonText.list(permissions)).toString();
    }

    /** Local time, as dumpsys has it. */
    private static String time(Long at) {
        return at == null || at <= 0 ? null : new SimpleDateFormat("yyyy-MM-dd HH:mm:ss", Locale.ROOT).format(new Date(at));
    }
}
