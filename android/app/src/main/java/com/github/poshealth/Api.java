package com.github.poshealth;

import android.annotation.TargetApi;
import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.app.Service;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ServiceInfo;
import android.os.Build;

/** What is done differently by versions of Android, about services and notifications. Facts have their differences where they are read. */
final class Api {
    private Api() {
    }

    /** Starts a service that goes to the front at once. */
    @TargetApi(26)
    static void startInFront(Context context, Intent service) {
        if (Build.VERSION.SDK_INT >= 26) {
            context.startForegroundService(service);
        } else {
            context.startService(service);
        }
    }

    /** Puts a service to the front, with its notification. From Android 14 on a type must be said; no other one fits an agent of a terminal. */
    @TargetApi(34)
    static void goInFront(Service service, int id, Notification notification) {
        if (Build.VERSION.SDK_INT >= 34) {
            service.startForeground(id, notification, ServiceInfo.FOREGROUND_SERVICE_TYPE_SPECIAL_USE);
        } else {
            service.startForeground(id, notification);
        }
    }

    /** A notification in a channel, which there are from Android 8 on. It makes no sound: the shop is selling. */
    @TargetApi(26)
    @SuppressWarnings("deprecation")
    static Notification.Builder notification(Context context, NotificationManager manager, String channel, CharSequence name) {
        if (Build.VERSION.SDK_INT >= 26) {
            NotificationChannel c = new NotificationChannel(channel, name, NotificationManager.IMPORTANCE_LOW);
            c.setShowBadge(false);
            manager.createNotificationChannel(c);
            return new Notification.Builder(context, channel);
        }
        return new Notification.Builder(context).setPriority(Notification.PRIORITY_LOW);
    }

    /** Flags of a pending intent that nobody may fill in. */
    @TargetApi(23)
    static int immutable(int flags) {
        return Build.VERSION.SDK_INT >= 23 ? flags | PendingIntent.FLAG_IMMUTABLE : flags;
    }
}
