package com.github.poshealth.core.feed;

/** The battery: docs/reference/feed.md, battery. Fields that are null are not known. */
public final class Battery {
    public Boolean present;
    public Integer level;
    public Integer scale; // what level is of
    public Integer plugged; // 0: no charger
    public Integer health; // BatteryManager.BATTERY_HEALTH_…
    public Integer temperature; // tenths of a degree

    public String json() {
        JsonText j = new JsonText().flag("present", present);
        if (Boolean.FALSE.equals(present)) {
            return j.toString(); // Android fills in the rest for a terminal that has none
        }
        if (level != null && scale != null && scale > 0) {
            j.number("level", 100 * level / scale, 0, 100);
        }
        j.flag("charging", plugged == null || plugged < 0 ? null : Boolean.valueOf(plugged != 0)).text("health", Words.health(health));
        if (temperature != null && temperature != 0) { // 0 is mostly none
            j.number("temperature_c", temperature / 10.0, -30, 100);
        }
        return j.toString();
    }
}
