package terminal

// SearchPath is where programs look for programs when nobody said: Android's folders, then those of any Linux. Init sets
// none for its services.
const SearchPath = "/system/bin:/system/xbin:/vendor/bin:/usr/bin:/bin"
