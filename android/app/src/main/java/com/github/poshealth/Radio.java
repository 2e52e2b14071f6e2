package com.github.poshealth;

import android.annotation.TargetApi;
import android.os.Build;
import android.telephony.CellSignalStrength;
import android.telephony.CellSignalStrengthCdma;
import android.telephony.CellSignalStrengthGsm;
import android.telephony.CellSignalStrengthLte;
import android.telephony.CellSignalStrengthNr;
import android.telephony.CellSignalStrengthTdscdma;
import android.telephony.CellSignalStrengthWcdma;
import android.telephony.NetworkRegistrationInfo;
import android.telephony.ServiceState;
import android.telephony.SignalStrength;
import android.telephony.TelephonyManager;

import java.util.List;

import com.github.poshealth.core.feed.Phone;
import com.github.poshealth.core.feed.Signal;

/** What one radio says: each question by itself, for an Android may refuse any of them. */
final class Radio {
    private Radio() {
    }

    static Phone phone(TelephonyManager manager, int slot) {
        Phone p = new Phone();
        p.slot = slot;
        p.operator = manager.getNetworkOperator();
        p.roaming = manager.isNetworkRoaming();
        p.dataState = manager.getDataState();
        try {
            p.networkType = type(manager);
        } catch (SecurityException e) {
            // READ_PHONE_STATE was not granted.
        }
        try {
            service(p, manager);
        } catch (SecurityException e) {
            // Neither was that, or a place is wanted, which this app never asks for.
        }
        if (Build.VERSION.SDK_INT >= 29) {
            p.signal = Strength.of(manager);
        }
        return p;
    }

    @TargetApi(24)
    @SuppressWarnings("deprecation")
    private static int type(TelephonyManager manager) {
        return Build.VERSION.SDK_INT >= 24 ? manager.getDataNetworkType() : manager.getNetworkType();
    }

    @TargetApi(30)
    private static void service(Phone p, TelephonyManager manager) {
        ServiceState state = Build.VERSION.SDK_INT >= 26 ? manager.getServiceState() : null;
        if (state == null) {
            return;
        }
        p.voiceState = state.getState();
        if (Build.VERSION.SDK_INT >= 30) {
            for (NetworkRegistrationInfo info : state.getNetworkRegistrationInfoList()) {
                if (info.getDomain() == NetworkRegistrationInfo.DOMAIN_PS && info.getTransportType() == 1) { // AccessNetworkConstants.TRANSPORT_TYPE_WWAN
                    p.dataRegistered = info.isRegistered();
                }
            }
        }
    }

    /** By itself: an older Android must not even look at the names in it. */
    @TargetApi(30)
    private static final class Strength {
        static Signal of(TelephonyManager manager) {
            SignalStrength strength = manager.getSignalStrength();
            List<CellSignalStrength> cells = strength == null ? null : strength.getCellSignalStrengths();
            if (cells == null || cells.isEmpty()) {
                return null;
            }
            CellSignalStrength cell = cells.get(0); // the radio in use
            Signal s = new Signal();
            s.level = cell.getLevel();
            s.dbm = cell.getDbm();
            if (cell instanceof CellSignalStrengthLte) {
                CellSignalStrengthLte lte = (CellSignalStrengthLte) cell;
                s.rat = "lte";
                s.dbm = lte.getRsrp();
                s.rsrqDb = lte.getRsrq();
                s.snrDb = Build.VERSION.SDK_INT >= 30 ? Integer.valueOf(lte.getRssnr()) : null; // before, nobody knows its unit
            } else if (cell instanceof CellSignalStrengthNr) {
                CellSignalStrengthNr nr = (CellSignalStrengthNr) cell;
                s.rat = "nr";
                s.dbm = nr.getSsRsrp();
                s.rsrqDb = nr.getSsRsrq();
                s.snrDb = nr.getSsSinr();
            } else if (cell instanceof CellSignalStrengthGsm) {
                s.rat = "gsm";
            } else if (cell instanceof CellSignalStrengthWcdma) {
                s.rat = "wcdma";
            } else if (cell instanceof CellSignalStrengthTdscdma) {
                s.rat = "tdscdma";
            } else if (cell instanceof CellSignalStrengthCdma) {
                s.rat = "cdma";
            }
            return s;
        }
    }
}
