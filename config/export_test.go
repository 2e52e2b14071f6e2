package config

// Known returns the path of every key that the schema asks for, with one host.
func Known() []string {
	c := Default()
	c.Hosts = make([]Host, 1)
	b := &binder{}
	walk(b.table("", nil), &c)
	return b.known
}

// Lines returns the line of every key in data.
func Lines(data []byte) map[string]int {
	x := newIndex("", data)
	x.scan()
	return x.lines
}

// StateDir opens the choice of the state folder, which depends on platform and user.
func StateDir(android, root bool, getenv func(string) string) string {
	return stateDir(android, root, getenv)
}
