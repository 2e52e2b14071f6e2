package com.github.poshealth.core.feed;

import java.util.Map;
import java.util.TreeMap;

/** Android's switches by the names of its settings: docs/reference/feed.md, settings. */
public final class Switches {
    /** What is asked of Settings.Global. */
    public static final String[] GLOBAL = {
        "airplane_mode_on", "mobile_data", "mobile_data1", "mobile_data2", "wifi_on", "data_roaming", "auto_time", "auto_time_zone", "adb_enabled",
        "development_settings_enabled",
    };
    /** What is asked of Settings.Secure: whether the location service is on, which is no place. */
    public static final String LOCATION = "location_mode";

    private final Map<String, String> values = new TreeMap<String, String>();

    /** Notes a value; null: Android does not tell it. */
    public void put(String name, String value) {
        if (value != null) {
            values.put(name, value);
        }
    }

    public String json() {
        JsonText j = new JsonText();
        for (Map.Entry<String, String> e : values.entrySet()) {
            j.text(e.getKey(), e.getValue(), "[A-Za-z0-9]{1,8}");
        }
        return j.toString();
    }
}
