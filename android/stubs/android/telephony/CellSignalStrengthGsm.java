package android.telephony;

public abstract class CellSignalStrengthGsm extends CellSignalStrength {
}
