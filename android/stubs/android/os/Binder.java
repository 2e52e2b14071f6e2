package android.os;

public class Binder implements IBinder {
    public static final int getCallingUid() { throw new UnsupportedOperationException(); }
    protected boolean onTransact(int code, Parcel data, Parcel reply, int flags) throws RemoteException { throw new UnsupportedOperationException(); }
    @Override
    public final boolean transact(int code, Parcel data, Parcel reply, int flags) throws RemoteException { throw new UnsupportedOperationException(); }
}
