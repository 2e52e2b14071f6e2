package com.github.poshealth;

import android.content.Context;
import android.content.RestrictionsManager;
import android.os.Bundle;

import java.util.HashMap;
import java.util.Map;

/** Managed configuration, as device owners and stores that speak Android Enterprise set it. Only they can: it is trusted most. */
final class ManagedParameters implements ParameterSource {
    @Override
    public Map<String, String> read(Context context) {
        Map<String, String> all = new HashMap<String, String>();
        RestrictionsManager manager = (RestrictionsManager) context.getSystemService(Context.RESTRICTIONS_SERVICE);
        Bundle set = manager == null ? null : manager.getApplicationRestrictions();
        if (set != null) {
            for (String name : set.keySet()) {
                String value = set.getString(name); // all of ours are texts; another type gives null
                if (value != null) {
                    all.put(name, value);
                }
            }
        }
        return all;
    }
}
