package com.github.poshealth;

import android.annotation.TargetApi;
import android.content.Context;
import android.os.Build;
import android.telephony.SubscriptionInfo;
import android.telephony.SubscriptionManager;
import android.telephony.TelephonyManager;

import java.util.ArrayList;
import java.util.List;

import com.github.poshealth.core.feed.Facts;
import com.github.poshealth.core.feed.Phone;

/**
 * SIMs and radio. SIM states need no permission; which SIM is in which slot, registration and technology need READ_PHONE_STATE, which nobody is
 * asked for: where it was not granted, a terminal with one slot tells what is left.
 */
final class TelephonyFacts implements JavaFacts.Reader {
    private static final int MAX_SLOTS = 4;

    @Override
    public void read(Context context, Facts facts) {
        TelephonyManager manager = (TelephonyManager) context.getSystemService(Context.TELEPHONY_SERVICE);
        if (manager == null || manager.getPhoneType() == TelephonyManager.PHONE_TYPE_NONE) {
            return; // a terminal without a modem
        }
        facts.sims(sims(manager));
        List<Phone> phones = new ArrayList<Phone>();
        try {
            bySubscription(context, manager, phones);
        } catch (SecurityException e) {
            phones.clear(); // not granted
        }
        if (phones.isEmpty() && slots(manager) == 1) {
            phones.add(Radio.phone(manager, 0));
        }
        facts.phones(phones);
    }

    @TargetApi(24)
    private static void bySubscription(Context context, TelephonyManager manager, List<Phone> phones) {
        if (Build.VERSION.SDK_INT < 24) {
            return; // no TelephonyManager of a subscription
        }
        SubscriptionManager subscriptions = (SubscriptionManager) context.getSystemService(Context.TELEPHONY_SUBSCRIPTION_SERVICE);
        List<SubscriptionInfo> all = subscriptions == null ? null : subscriptions.getActiveSubscriptionInfoList();
        if (all == null) {
            return;
        }
        for (SubscriptionInfo one : all) {
            phones.add(Radio.phone(manager.createForSubscriptionId(one.getSubscriptionId()), one.getSimSlotIndex()));
        }
    }

    private static List<Integer> sims(TelephonyManager manager) {
        List<Integer> states = new ArrayList<Integer>();
        for (int slot = 0; slot < slots(manager); slot++) {
            states.add(state(manager, slot));
        }
        return states;
    }

    @TargetApi(26)
    private static int state(TelephonyManager manager, int slot) {
        return Build.VERSION.SDK_INT >= 26 ? manager.getSimState(slot) : manager.getSimState();
    }

    /** How many SIMs this terminal takes, where their states can be told apart. */
    @TargetApi(30)
    @SuppressWarnings("deprecation")
    private static int slots(TelephonyManager manager) {
        int slots = 1;
        if (Build.VERSION.SDK_INT >= 30) {
            slots = manager.getActiveModemCount();
        } else if (Build.VERSION.SDK_INT >= 26) {
            slots = manager.getPhoneCount();
        }
        return Math.max(0, Math.min(slots, MAX_SLOTS));
    }
}
