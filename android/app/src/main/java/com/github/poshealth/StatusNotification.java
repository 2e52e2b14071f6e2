package com.github.poshealth;

import android.app.Notification;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.content.Context;
import android.content.Intent;

import com.github.poshealth.core.Notice;

/** The verdict as a notification. A touch opens the page. */
final class StatusNotification {
    static final int ID = 1;
    private static final String CHANNEL = "status";

    private final Context context;
    private final NotificationManager manager;

    StatusNotification(Context context) {
        this.context = context;
        this.manager = (NotificationManager) context.getSystemService(Context.NOTIFICATION_SERVICE);
    }

    /** Shows another one in its place. */
    void show(Notice notice) {
        manager.notify(ID, of(notice));
    }

    Notification of(Notice notice) {
        Intent page = new Intent(context, StatusActivity.class).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK);
        String text = text(notice);
        return Api.notification(context, manager, CHANNEL, context.getText(R.string.channel))
            .setSmallIcon(R.drawable.ic_status)
            .setContentTitle(context.getText(title(notice.title)))
            .setContentText(text)
            .setStyle(new Notification.BigTextStyle().bigText(text))
            .setContentIntent(PendingIntent.getActivity(context, 0, page, Api.immutable(PendingIntent.FLAG_UPDATE_CURRENT)))
            .setOngoing(true)
            .setOnlyAlertOnce(true)
            .setShowWhen(false)
            .build();
    }

    private static int title(Notice.Title title) {
        switch (title) {
            case READY:
                return R.string.title_ready;
            case AT_RISK:
                return R.string.title_at_risk;
            case NOT_READY:
                return R.string.title_not_ready;
            case ABSENT:
                return R.string.title_absent;
            default:
                return R.string.title_unknown;
        }
    }

    private String text(Notice notice) {
        switch (notice.text) {
            case SETTLES:
                return context.getString(R.string.text_settles);
            case CAUSE:
                return notice.cause; // in the language that the agent was asked in
            case UNSETTLED:
                return context.getString(R.string.text_unsettled);
            case STOPPED:
                return context.getString(R.string.text_stopped, notice.cause);
            default:
                return context.getString(R.string.text_no_word);
        }
    }
}
