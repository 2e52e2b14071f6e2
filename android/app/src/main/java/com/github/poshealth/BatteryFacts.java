package com.github.poshealth;

import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.os.BatteryManager;

import com.github.poshealth.core.feed.Battery;
import com.github.poshealth.core.feed.Facts;

/** The battery, by the intent that Android keeps. No permission. */
final class BatteryFacts implements JavaFacts.Reader {
    @Override
    public void read(Context context, Facts facts) {
        Intent kept = context.registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
        if (kept == null) {
            return;
        }
        Battery b = new Battery();
        if (kept.hasExtra(BatteryManager.EXTRA_PRESENT)) {
            b.present = kept.getBooleanExtra(BatteryManager.EXTRA_PRESENT, false);
        }
        b.level = number(kept, BatteryManager.EXTRA_LEVEL);
        b.scale = number(kept, BatteryManager.EXTRA_SCALE);
        b.plugged = number(kept, BatteryManager.EXTRA_PLUGGED);
        b.health = number(kept, BatteryManager.EXTRA_HEALTH);
        b.temperature = number(kept, BatteryManager.EXTRA_TEMPERATURE);
        facts.put("battery", b.json());
    }

    private static Integer number(Intent kept, String name) {
        return kept.hasExtra(name) ? Integer.valueOf(kept.getIntExtra(name, 0)) : null;
    }
}
