package com.github.poshealth.core.feed;

import java.util.ArrayList;
import java.util.List;

/** One of the terminal's networks: docs/reference/feed.md, connectivity. Fields that are null are not known. */
public final class Net {
    private static final int MAX_DNS = 8;
    private static final int MAX_NETS = 16;

    public int id; // 1 to 65535
    public String bearer; // wi-fi, mobile, ethernet, vpn, other
    public String interfaceName;
    public Boolean connected;
    public Boolean internet;
    public Boolean validated;
    public Boolean captivePortal;
    public Boolean partial;
    public Boolean notVpn;
    public Boolean suspended;
    public Boolean metered;
    public String apn; // of a mobile network only: of a Wi-Fi it would be its name
    public String privateDns; // hostname, opportunistic
    public final List<String> dns = new ArrayList<String>();

    String json() {
        JsonText j = new JsonText().number("id", id, 1, 65535).text("bearer", bearer).text("interface", interfaceName, "[A-Za-z0-9._-]{1,15}");
        j.flag("connected", connected).flag("internet", internet).flag("validated", validated).flag("captive_portal", captivePortal);
        j.flag("partial", partial).flag("not_vpn", notVpn).flag("suspended", suspended).flag("metered", metered);
        j.text("apn", "mobile".equals(bearer) ? apn : null, Phone.NAME);
        List<String> addresses = new ArrayList<String>();
        for (String address : dns) {
            int zone = address.indexOf('%'); // fe80::1%wlan0
            if (addresses.size() < MAX_DNS) {
                addresses.add(JsonText.quoted(zone < 0 ? address : address.substring(0, zone)));
            }
        }
        return j.raw("dns", addresses.isEmpty() ? null : JsonText.list(addresses)).text("private_dns", privateDns).toString();
    }

    /**
     * All of them.
     *
     * @param defaultId the id of the default network, 0: there is none, or Android does not tell; then hasDefault may say
     */
    public static String json(List<Net> nets, int defaultId, Boolean hasDefault) {
        List<String> all = new ArrayList<String>();
        boolean there = false;
        for (Net net : nets) {
            if (net.id > 0 && all.size() < MAX_NETS) {
                all.add(net.json());
                there |= net.id == defaultId;
            }
        }
        JsonText j = new JsonText().flag("has_default", defaultId == 0 ? hasDefault : Boolean.valueOf(there));
        return j.raw("default_id", there ? String.valueOf(defaultId) : null).raw("networks", JsonText.list(all)).toString();
    }
}
