package config_test

import (
	"fmt"

	"github.com/poshealth/poshealth/config"
)

func ExampleParse() {
	_, err := config.Parse("poshealth.toml", []byte(`
[terminal]
lang = "fr"

[[host]]
name = "acquirer-a"
adress = "pos.example:9443"
`))
	fmt.Println(err)
	// Output:
	// poshealth.toml:3: terminal.lang: got "fr", want one of zh, en
	// poshealth.toml:5: host[0].address: got nothing, want host:port such as "pos.acquirer.example:9443", port 1 to 65535
	// poshealth.toml:7: host[0].adress: got an unknown key, want a known one: did you mean host[0].address?
}
