package com.github.poshealth;

import android.os.Binder;
import android.os.IBinder;
import android.os.Parcel;
import android.os.RemoteException;

import com.github.poshealth.core.IntakeDesk;

/**
 * The bound service's wire, without AIDL. Calls are one way, so that the caller does not even wait for this process to wake up; binder itself keeps
 * what is under way in half a megabyte, and refuses more.
 */
final class IntakeBinder extends Binder {
    static final String DESCRIPTOR = "com.github.poshealth.Intake";
    static final String ANSWER = "com.github.poshealth.IntakeAnswer";
    static final int TELL = IBinder.FIRST_CALL_TRANSACTION; // String lines, strong binder (may be null)
    static final int ANSWERED = IBinder.FIRST_CALL_TRANSACTION; // int code, String answer

    private final IntakeDesk desk;

    IntakeBinder(IntakeDesk desk) {
        this.desk = desk;
    }

    @Override
    protected boolean onTransact(int code, Parcel data, Parcel reply, int flags) throws RemoteException {
        if (code != TELL) {
            return super.onTransact(code, data, reply, flags);
        }
        data.enforceInterface(DESCRIPTOR);
        String lines = data.readString();
        IBinder who = data.readStrongBinder();
        Answer answer = who == null ? null : new Answer(who);
        int said = desk.tell(getCallingUid(), lines, answer);
        if (said != IntakeDesk.QUEUED && answer != null) {
            answer.answered(said, "");
        }
        if (reply != null) { // who called two ways waits for it
            reply.writeNoException();
            reply.writeInt(said);
        }
        return true;
    }

    /** Tells a caller what became of its lines, one way. */
    private static final class Answer implements IntakeDesk.Caller {
        private final IBinder who;

        Answer(IBinder who) {
            this.who = who;
        }

        @Override
        public void answered(int code, String answer) {
            Parcel data = Parcel.obtain();
            try {
                data.writeInterfaceToken(ANSWER);
                data.writeInt(code);
                data.writeString(answer);
                who.transact(ANSWERED, data, null, IBinder.FLAG_ONEWAY);
            } catch (RemoteException e) {
                // The app is gone.
            } finally {
                data.recycle();
            }
        }
    }
}
