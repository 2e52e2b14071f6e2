package dump

import (
	"strconv"
	"strings"
)

// Signal is how strong the radio that a SIM uses is received. Without a power that can be true nothing of it is told.
type Signal struct {
	RAT   string   `json:"rat,omitempty"`     // "lte", "nr", "gsm", "wcdma", "tdscdma", "cdma"; "" when not told
	DBm   *float64 `json:"dbm,omitempty"`     // RSRP of LTE, SS-RSRP of NR, RSCP of WCDMA and TD-SCDMA, else RSSI
	RSRQ  *float64 `json:"rsrq_db,omitempty"` // of LTE and NR
	SNR   *float64 `json:"snr_db,omitempty"`  // of LTE and NR; nil where its unit is not known, as in Android 10
	Level *int     `json:"level,omitempty"`   // Android's bars, 0 to 4; printed from Android 10 on
}

// What can be true. Modems and vendors put 2147483647, 99, -1 and plain garbage (32767, 2066955648) where they know nothing.
const (
	minRSRP, maxRSRP       = -140, -43 // LTE, dBm: AOSP's range and 3GPP 36.133's
	minSSRSRP, maxSSRSRP   = -156, -31 // NR, dBm: 3GPP 38.133, AOSP from 12 on
	minRSRQ, maxRSRQ       = -20, -3   // LTE, dB, up to Android 9
	minRSRQ10, maxRSRQ10   = -34, 3    // LTE, dB, as AOSP has it from 10 on
	minSSRSRQ, maxSSRSRQ   = -43, 20   // NR, dB
	minRSSNR, maxRSSNR     = -20, 30   // LTE, dB
	minSSSINR, maxSSSINR   = -23, 40   // NR, dB
	minRSCP, maxRSCP       = -120, -24 // WCDMA and TD-SCDMA, dBm
	minRSSI, maxRSSI       = -113, -51 // GSM and WCDMA, dBm: 31 steps of 2 dB
	minCDMADBm, maxCDMADBm = -119, -30 // -120 is what Android has where the modem told none
)

// The places of the flat forms, Android 5 to 9, after "SignalStrength:".
const (
	flatGSM = iota // ASU, 0 to 31
	_
	flatCDMA // dBm
	_
	_
	_
	_
	_
	flatRSRP
	flatRSRQ
	flatRSSNR  // 0.1 dB
	flatLegacy // the last that all versions have here: CQI
	flatTD8    // Android 6 to 8, 13 numbers: RSCP of TD-SCDMA, dBm
	flatTD9    // Android 9, 17 numbers and vendors' more: the same, one on
	_
	_
	flatRSCP9 // Android 9: RSCP of WCDMA, dBm
)

// ParseSignal reads the value of an mSignalStrength= line of dumpsys telephony.registry, with or without that name before
// it: 12 to 18 numbers and "gsm|lte" or "cdma" (Android 5 to 9), or a {} block of each radio (from 10 on).
//
// A text that does not come to its end is not read: which radio counts is told last.
func ParseSignal(text string) Signal {
	_, text, ok := strings.Cut(text, "SignalStrength:")
	if !ok {
		return Signal{}
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		return blockSignal(text)
	}
	return flatSignal(strings.Fields(text))
}

// flatSignal takes the first radio with a power that can be true, in the order in which Android 9 looks for its bars: LTE,
// TD-SCDMA, WCDMA, GSM. A CDMA power counts only where the line says cdma: on others it is left over. GSM's place also has
// the power of WCDMA up to Android 8, which the line does not tell apart.
func flatSignal(words []string) Signal {
	var numbers []int
	for _, word := range words {
		n, err := strconv.Atoi(word)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
	}
	count := len(numbers)
	if count <= flatLegacy || count == len(words) {
		return Signal{}
	}
	family := words[count]
	if family != "gsm|lte" && family != "cdma" {
		return Signal{}
	}
	// Android 9 tells itself by the words behind the family. A line as long without them has places of its own, or was cut.
	nine := len(words) > count+1 && strings.HasPrefix(words[count+1], "use_")

	if s, ok := power("lte", numbers[flatRSRP], minRSRP, maxRSRP); ok {
		s.RSRQ = within(numbers[flatRSRQ], minRSRQ, maxRSRQ)
		if tenths := numbers[flatRSSNR]; tenths != -1 { // -1 is a modem's "not known" here
			if within(tenths, 10*minRSSNR, 10*maxRSSNR) != nil {
				s.SNR = new(float64(tenths) / 10)
			}
		}
		return s
	}
	if family == "cdma" {
		s, _ := power("cdma", numbers[flatCDMA], minCDMADBm, maxCDMADBm)
		return s
	}
	switch {
	case count > flatRSCP9 && !nine:
		return Signal{}
	case count > flatRSCP9:
		if s, ok := power("tdscdma", numbers[flatTD9], minRSCP, maxRSCP); ok {
			return s
		}
		if s, ok := power("wcdma", numbers[flatRSCP9], minRSCP, maxRSCP); ok {
			return s
		}
	case count == flatTD8+1:
		if s, ok := power("tdscdma", numbers[flatTD8], minRSCP, maxRSCP); ok {
			return s
		}
	}
	if asu := numbers[flatGSM]; asu >= 0 && asu <= 31 {
		return Signal{RAT: "gsm", DBm: new(float64(2*asu - 113))}
	}
	return Signal{}
}

// radio is one part of the {} form.
type radio struct {
	rat, name string   // name: Cdma of mCdma= and CellSignalStrengthCdma
	powers    []string // its keys of power, the better first
	least     []int    // what can be true of each
	most      []int
}

// radios lists them in the order in which Android picks its primary one.
func radios() []radio {
	return []radio{
		{"nr", "Nr", []string{"ssRsrp"}, []int{minSSRSRP}, []int{maxSSRSRP}},
		{"lte", "Lte", []string{"rsrp"}, []int{minRSRP}, []int{maxRSRP}},
		{"cdma", "Cdma", []string{"cdmaDbm"}, []int{minCDMADBm}, []int{maxCDMADBm}},
		{"tdscdma", "Tdscdma", []string{"rscp", "rssi"}, []int{minRSCP, minRSSI}, []int{maxRSCP, maxRSSI}},
		{"wcdma", "Wcdma", []string{"rscp", "ss"}, []int{minRSCP, minRSSI}, []int{maxRSCP, maxRSSI}},
		{"gsm", "Gsm", []string{"rssi"}, []int{minRSSI}, []int{maxRSSI}},
	}
}

// blockSignal takes the radio that "primary=" names, and no other in its stead. Where a build prints none, and the text came
// to its end, it takes the first radio with a power that can be true, in Android's own order.
func blockSignal(text string) Signal {
	_, primary, told := strings.Cut(text, ",primary=CellSignalStrength")
	if end := strings.IndexAny(primary, ",}"); end >= 0 { // a vendor's words may follow
		primary = primary[:end]
	} else if told || !closed(text) {
		return Signal{}
	}
	for _, r := range radios() {
		if told && primary != r.name {
			continue
		}
		if s := r.read(text); s.RAT != "" || told {
			return s
		}
	}
	return Signal{}
}

// read takes a radio's part of the {} form: "mLte=CellSignalStrengthLte: rsrp=-98 …" up to a comma, or
// "mNr=CellSignalStrengthNr:{ ssRsrp = -98 … }". A vendor prints "mNr=Invalid".
func (r radio) read(text string) Signal {
	_, part, ok := strings.Cut(text, "m"+r.name+"=CellSignalStrength"+r.name+":")
	if !ok {
		return Signal{}
	}
	if strings.HasPrefix(part, "{") {
		part, _, _ = strings.Cut(part[1:], "}")
	} else {
		part, _, _ = strings.Cut(part, ",")
	}
	values := make(map[string]int)
	for word := range strings.FieldsSeq(strings.ReplaceAll(part, " = ", "=")) {
		key, value, _ := strings.Cut(word, "=")
		if n, err := strconv.Atoi(strings.TrimSuffix(value, "}")); err == nil {
			if _, twice := values[key]; !twice {
				values[key] = n
			}
		}
	}
	for i, key := range r.powers {
		n, told := values[key]
		if !told {
			continue
		}
		s, ok := power(r.rat, n, r.least[i], r.most[i])
		if !ok {
			continue
		}
		level, told := values["level"]
		if !told {
			level, told = values["mLevel"] // GSM's
		}
		if told && level >= 0 && level <= 4 {
			s.Level = &level
		}
		r.quality(&s, values)
		return s
	}
	return Signal{}
}

func (r radio) quality(s *Signal, values map[string]int) {
	told := func(key string, least, most int) *float64 {
		n, ok := values[key]
		if !ok {
			return nil
		}
		return within(n, least, most)
	}
	switch r.rat {
	case "lte":
		s.RSRQ = told("rsrq", minRSRQ10, maxRSRQ10)
		// Android 10 hands on the modem's tenths, or whole dB, as the modem likes; from 11 on, which prints
		// parametersUseForLevel, it is dB.
		if _, eleven := values["parametersUseForLevel"]; eleven {
			s.SNR = told("rssnr", minRSSNR, maxRSSNR)
		}
	case "nr":
		s.RSRQ = told("ssRsrq", minSSRSRQ, maxSSRSRQ)
		s.SNR = told("ssSinr", minSSSINR, maxSSSINR)
	}
}

func power(rat string, n, least, most int) (Signal, bool) {
	dbm := within(n, least, most)
	if dbm == nil {
		return Signal{}, false
	}
	return Signal{RAT: rat, DBm: dbm}, true
}

// within is n where it can be true, else nil.
func within(n, least, most int) *float64 {
	if n < least || n > most {
		return nil
	}
	return new(float64(n))
}

// closed tells whether the brace that begins the text is closed.
func closed(text string) bool {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return true
			}
		}
	}
	return false
}
