package com.github.poshealth.core.feed;

/** Android's numbers as the feed's words. A number that is none of them is null: not known. The numbers are API, and stay. */
public final class Words {
    private static final String[] VOICE = {"in-service", "out-of-service", "emergency-only", "radio-off"};
    private static final String[] CONNECTION = {"disconnected", "connecting", "connected", "suspended"};
    // TelephonyManager.SIM_STATE_…, 0 (unknown) to 9.
    private static final String[] SIM = {
        "", "absent", "pin-required", "puk-required", "network-locked", "ready", "not-ready", "perm-disabled", "card-io-error", "card-restricted",
    };
    // BatteryManager.BATTERY_HEALTH_…, from 2 on.
    private static final String[] HEALTH = {"good", "overheat", "dead", "over-voltage", "failure", "cold"};

    private Words() {
    }

    static String voice(Integer state) {
        return word(VOICE, state, 0);
    }

    static String connection(Integer state) {
        return word(CONNECTION, state, 0);
    }

    static String health(Integer health) {
        return word(HEALTH, health, 2);
    }

    /** A SIM's state; "": not known, which a list by slot must say. */
    public static String sim(int state) {
        String word = word(SIM, state, 0);
        return word == null ? "" : word;
    }

    /** TelephonyManager.NETWORK_TYPE_… as the radio technology. */
    static String rat(Integer type) {
        switch (type == null ? 0 : type) {
            case 1:
                return "GPRS";
            case 2:
                return "EDGE";
            case 3:
                return "UMTS";
            case 4: // CDMA
            case 5: // EVDO_0
            case 6: // EVDO_A
            case 7: // 1xRTT
            case 12: // EVDO_B
            case 14: // eHRPD
                return "CDMA";
            case 8: // HSDPA
            case 9: // HSUPA
            case 10: // HSPA
            case 15: // HSPAP
                return "HSPA";
            case 13:
                return "LTE";
            case 16:
                return "GSM";
            case 17:
                return "TD-SCDMA";
            case 20:
                return "NR";
            default: // IWLAN (18) is no radio of the terminal's
                return null;
        }
    }

    private static String word(String[] words, Integer number, int first) {
        int i = number == null ? -1 : number - first;
        return i < 0 || i >= words.length ? null : words[i];
    }
}
