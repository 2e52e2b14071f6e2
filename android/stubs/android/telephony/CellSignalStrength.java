package android.telephony;

public abstract class CellSignalStrength {
    public abstract int getLevel();

    public abstract int getDbm();
}
