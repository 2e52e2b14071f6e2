package android.os;

public final class Parcel {
    public static Parcel obtain() { throw new UnsupportedOperationException(); }
    public final void recycle() { throw new UnsupportedOperationException(); }
    public final void enforceInterface(String descriptor) { throw new UnsupportedOperationException(); }
    public final void writeInterfaceToken(String descriptor) { throw new UnsupportedOperationException(); }
    public final String readString() { throw new UnsupportedOperationException(); }
    public final void writeString(String text) { throw new UnsupportedOperationException(); }
    public final int readInt() { throw new UnsupportedOperationException(); }
    public final void writeInt(int number) { throw new UnsupportedOperationException(); }
    public final IBinder readStrongBinder() { throw new UnsupportedOperationException(); }
    public final void writeStrongBinder(IBinder binder) { throw new UnsupportedOperationException(); }
    public final void writeNoException() { throw new UnsupportedOperationException(); }
}
