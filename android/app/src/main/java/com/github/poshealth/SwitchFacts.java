package com.github.poshealth;

import android.content.ContentResolver;
import android.content.Context;
import android.provider.Settings;

import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.Switches;

/** Android's switches. No permission; what an Android does not show an app is left out. */
final class SwitchFacts implements JavaFacts.Reader {
    @Override
    public void read(Context context, Facts facts) {
        ContentResolver resolver = context.getContentResolver();
        Switches switches = new Switches();
        for (String name : Switches.GLOBAL) {
            try {
                switches.put(name, Settings.Global.getString(resolver, name));
            } catch (SecurityException e) {
                // From Android 12 on some are closed to apps.
            }
        }
        try {
            switches.put(Switches.LOCATION, Settings.Secure.getString(resolver, Switches.LOCATION));
        } catch (SecurityException e) {
            // As above.
        }
        facts.put("settings", switches.json());
    }
}
