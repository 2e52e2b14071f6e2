package com.github.poshealth.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * What a store, a fleet manager or a technician tells this app: names to texts, whatever way they came. README.md has the names. Unknown
 * ones are left alone, empty ones are not set, and long ones are cut: they come from outside.
 */
public final class Parameters {
    public static final String BROKER = "broker";
    public static final String TENANT = "tenant";
    public static final String TERMINAL = "terminal";
    public static final String ENROL_URL = "enrol_url";
    public static final String ENROL_TOKEN = "enrol_token";
    public static final String PACKAGE = "payment_package";
    public static final String SIGNERS = "payment_signers";
    public static final String PHONE = "support_phone";
    public static final String HOSTS = "hosts";
    public static final String LANG = "lang";

    private static final int MAX_VALUE = 2048; // letters: eight signers with colons have 800
    private static final int MAX_LIST = 16; // as many hosts as a configuration has

    private final Map<String, String> values;

    /** Takes what a source gave; null: it gave nothing. */
    public Parameters(Map<String, String> values) {
        this.values = values == null ? Collections.<String, String>emptyMap() : values;
    }

    /** Tells whether anything that this app knows is set. */
    public boolean any() {
        String[] known = {BROKER, TENANT, TERMINAL, ENROL_URL, ENROL_TOKEN, PACKAGE, SIGNERS, PHONE, HOSTS, LANG};
        for (String name : known) {
            if (!get(name).isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /** A value; "": it is not set. */
    public String get(String name) {
        String value = values.get(name);
        value = value == null ? "" : value.trim();
        return value.length() > MAX_VALUE ? value.substring(0, MAX_VALUE) : value;
    }

    /** A value as a list, which commas, semicolons, blanks or lines divide; at most 16. */
    public List<String> list(String name) {
        List<String> all = new ArrayList<String>();
        for (String item : get(name).split("[,;\\s]+")) {
            if (!item.isEmpty() && all.size() < MAX_LIST) {
                all.add(item);
            }
        }
        return all;
    }

    /** Who may have signed the payment app, and tell this app of sales: SHA-256 in lower-case hex, as people write it otherwise. */
    public List<String> signers() {
        List<String> all = new ArrayList<String>();
        for (String item : list(SIGNERS)) {
            String digits = Signers.normal(item);
            all.add(digits == null ? item : digits); // the agent says what is wrong with it
        }
        return all;
    }
}
