package com.github.poshealth.core.feed;

/** The Wi-Fi, without its name: docs/reference/feed.md, wifi. Fields that are null are not known. */
public final class Wifi {
    public Boolean enabled;
    public Boolean connected;
    public Integer rssiDbm;
    public Integer linkMbps;
    public Integer frequencyMhz;

    public String json() {
        JsonText j = new JsonText().flag("enabled", enabled).flag("connected", connected);
        if (Boolean.TRUE.equals(connected)) { // what was measured last stays in Android's answer when it is off
            j.number("rssi_dbm", rssiDbm, -126, -1).number("link_mbps", linkMbps, 1, 50000).number("frequency_mhz", frequencyMhz, 2400, 71000);
        }
        return j.toString();
    }
}
