package android.telephony;

public abstract class CellSignalStrengthTdscdma extends CellSignalStrength {
}
