// Command lanes writes the assembly of internal/rsavec that computes on eight
// numbers at once.
//
//	go run ./lanes > ../../internal/rsavec/lanes_amd64.s
//
// A number is a vector of limbs of 52 bits, least significant first; a row is
// the same limb of eight numbers, one in each 64-bit lane of a register. What
// a limb holds above bit 52 means nothing: VPMADD52 reads 52 bits.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	log.SetFlags(0)
	flags := flag.NewFlagSet("lanes", flag.ExitOnError) // avo has put flags of its own into the common set
	out := flags.String("out", "", "the file to write, instead of standard output")
	_ = flags.Parse(os.Args[1:])
	text, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	if *out == "" {
		_, err = os.Stdout.Write(text)
	} else {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// generate gives the whole file. Nothing in it depends on where, when or how
// the program is run.
func generate() ([]byte, error) {
	g := &gen{build.NewContext()}
	g.ConstraintExpr("amd64,!purego")
	g.multiply()
	g.square()
	g.squareWide()
	g.choose()
	g.product()
	g.reduce()
	g.carry()
	g.forget()

	file, err := g.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, err
	}
	return printer.NewGoAsm(printer.Config{Name: "interop/gen/lanes", Pkg: "rsavec"}).Print(file)
}
