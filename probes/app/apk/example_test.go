package apk_test

import (
	"fmt"
	"os"

	"github.com/poshealth/poshealth/probes/app/apk"
)

func ExampleRead() {
	file, err := os.Open("testdata/rotated-33.apk")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		panic(err)
	}
	for _, sdk := range []int{23, 24, 28, 33} {
		signers, err := apk.Read(file, info.Size(), sdk)
		fmt.Println(sdk, signers.Scheme, len(signers.Current), "current,", len(signers.Past), "past,", err)
	}
	// Output:
	// 23 v1 1 current, 0 past, <nil>
	// 24 v2 1 current, 0 past, <nil>
	// 28 v3 1 current, 0 past, <nil>
	// 33 v3.1 1 current, 1 past, <nil>
}
