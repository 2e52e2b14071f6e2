package android.telephony;

public abstract class CellSignalStrengthWcdma extends CellSignalStrength {
}
