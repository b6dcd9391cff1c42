package verifier_test

import (
	"math/rand/v2"
	"slices"
)

// Tokens of newPool by their place.
const (
	tokenRules   = 0 // five rules, an hour
	tokenSecond  = 1 // lives one second
	tokenLongest = 2 // the longest life there may be
	tokenTooLong = 3 // a second more
	tokenExpired = 4
	tokenEarly   = 5 // from in 5 s to in 10 s
	tokenOfB     = 7
	tokenAByB    = 21 // kid of a, signed with b: good once a is replaced
	tokenAByC    = 22
	tokenSibling = 25 // the first of four
	tokenLarge   = 36
)

// Arguments of opKey.
func keyArg(kid, material, copy int) byte {
	return byte(kid + len(kids)*(material+(len(materials)+1)*copy))
}

const noMaterial = len(materials)

// historySeeds begin with one history for each thing that speed must not cost.
func historySeeds() [][]byte {
	twice := func(tokens ...byte) (h []byte) {
		for range 2 {
			for _, token := range tokens {
				h = append(h, opVerify, token)
			}
		}
		return h
	}
	const day = 10 // in amounts
	seeds := [][][]byte{
		{ // a key is removed, and comes back
			twice(tokenRules, tokenSibling, tokenOfB), {opKey, keyArg(0, noMaterial, 0)}, twice(tokenRules, tokenSibling, tokenOfB),
			{opKey, keyArg(0, 0, 0)}, twice(tokenRules, tokenOfB), {opUsual, 1}, twice(tokenRules),
		},
		{ // replaced under its id, by another, by the same read again, and back
			twice(tokenRules, tokenAByB, tokenAByC), {opKey, keyArg(0, 1, 0)}, twice(tokenRules, tokenAByB, tokenAByC),
			{opKey, keyArg(0, 2, 0)}, twice(tokenAByB, tokenAByC), {opKey, keyArg(0, 0, 0)}, twice(tokenRules, tokenAByC),
			{opKey, keyArg(0, 0, 1)}, twice(tokenRules, tokenAByB), {opKey, keyArg(0, 1, 1)}, twice(tokenAByB, tokenRules),
		},
		{ // the key set cannot be reached
			twice(tokenRules, tokenOfB), {opKeys, 1}, twice(tokenRules, tokenOfB, tokenSibling), {opKeys, 2}, twice(tokenRules),
			{opKeys, 3}, twice(tokenRules), {opKeys, 0}, twice(tokenRules, tokenOfB, tokenSibling),
		},
		{ // revoked: the token, its subject, its key; until later
			twice(tokenRules, tokenSibling), {opRevoke, 0}, twice(tokenRules, tokenSibling), {opUnrevoke, 0}, twice(tokenRules, tokenSibling),
			{opRevoke, 1}, twice(tokenRules, tokenOfB, tokenLongest), {opUnrevoke, 0}, twice(tokenRules), {opRevoke, 2}, twice(tokenRules, tokenOfB),
			{opUnrevoke, 2}, {opRevoke, 0 + 3*3}, twice(tokenRules), {opWait, 3}, twice(tokenRules), {opWait, 0}, twice(tokenRules),
			{opList, 1}, twice(tokenRules, tokenSibling, tokenOfB), {opList, 0}, twice(tokenRules, tokenSibling, tokenOfB),
		},
		{ // expired while it is remembered
			twice(tokenSecond, tokenRules), {opWait, 3}, twice(tokenSecond), {opWait, 0}, twice(tokenSecond, tokenRules),
			{opVerify, tokenRules, opMoment, 0 + 1<<2}, twice(tokenRules), {opMoment, 0}, twice(tokenRules), {opWait, day}, twice(tokenRules),
		},
		{ // who watches changes
			twice(tokenRules), {opDecide, 0, opDecide, 1, opDecide, 2, opDecide, 3, opDecide, 4, opDecide, 5, opDecide, 6, opDecide, 16, opDecide, 32 + 3},
			twice(tokenLongest), {opDecide, 0, opDecide, 16, opDecide, 32}, twice(tokenSecond), {opDecide, 0, opDecide, 5},
		},
		{ // the clock goes back
			{opMoment, 0, opVerify, tokenEarly, opWait, 6, opWait, 4}, twice(tokenEarly), {opBack, 0}, twice(tokenEarly), {opBack, day}, twice(tokenEarly, tokenRules),
			{opMoment, 3}, twice(tokenTooLong, tokenLongest), {opWait, 4}, twice(tokenTooLong, tokenLongest), {opBack, 0}, twice(tokenTooLong, tokenLongest),
			{opBack, 12}, twice(tokenRules), {opUsual, 0}, twice(tokenRules, tokenExpired), {opBack, 7}, twice(tokenExpired), {opBack, 0}, twice(tokenExpired), {opWait, 4}, twice(tokenExpired),
		},
		{ // the last character, and others
			twice(tokenRules), {opMutant, 0, opMutant, 1, opMutant, 2, opMutant, 3, opMutant, 4, opMutant, 5, opMutant, 6},
			twice(tokenRules), {opMutant, 7, opMutant, 8, opMutant, 9, opMutant, 10, opMutant, 11}, twice(tokenSibling, tokenSibling+1), {opMutant, 0, opMutant, 10},
			twice(tokenLarge), {opMutant, 0, opMutant, 2}, twice(tokenRules),
		},
		{ // another key set: each id goes by the next one's key, and back
			twice(tokenRules, tokenOfB, tokenAByB), {opKey, keyArg(0, 1, 0), opKey, keyArg(1, 2, 0), opKey, keyArg(2, 0, 0)},
			twice(tokenRules, tokenOfB, tokenAByB, 14, 24), {opUsual, 0}, twice(tokenRules, tokenOfB, tokenAByB, 14, 24),
		},
		{ // more than there is room for
			{opSweep, 15, opSweep, 15 + 5<<4, opSweep, 15 + 10<<4}, twice(tokenRules, tokenRules, tokenSibling), {opSweep, 15, opSweep, 15 + 5<<4, opSweep, 15 + 10<<4},
			twice(tokenRules), {opKey, keyArg(0, noMaterial, 0), opSweep, 15, opSweep, 15 + 7<<4, opUsual, 0, opSweep, 15, opSweep, 15 + 7<<4, opWait, 9, opSweep, 15, opSweep, 15 + 10<<4},
		},
		{ // several at once
			{opVerify, tokenRules, opAtOnce, 0, opAtOnce, tokenOfB, opVerify, tokenAByB, opAtOnce, 6, opVerify, tokenEarly, opAtOnce, 3}, twice(tokenRules),
			{opUsual, 1, opAtOnce, tokenSibling, opAtOnce, tokenSibling + 1},
		},
		{ // and something changes at the same time
			{opVerify, tokenRules, opAtOnceWith, 0, opKey, keyArg(0, noMaterial, 0), opAtOnceWith, 5, opKey, keyArg(0, 0, 0), opAtOnceWith, 9, opKey, keyArg(0, 1, 0)}, twice(tokenRules),
			{opUsual, 0, opVerify, tokenAByB, opAtOnceWith, 4, opKey, keyArg(0, 1, 0), opAtOnceWith, 0, opKeys, 1, opUsual, 1}, twice(tokenAByB, tokenRules),
			{opAtOnceWith, 0, opRevoke, 0, opAtOnceWith, 0, opUnrevoke, 0, opAtOnceWith, 7, opWait, 9, opAtOnceWith, 7, opBack, 9, opAtOnceWith, 1, opList, 1},
		},
		{ // and while they wait to be let in
			{opVerify, tokenAByB, opHeld, 0, opKey, keyArg(0, 1, 0), opHeld, 0, opKey, keyArg(0, 0, 0), opUsual, 0, opHeld, 64, opKey, keyArg(0, 1, 0)},
			{opVerify, tokenSibling, opUsual, 1, opHeld, 64 + 6, opKey, keyArg(0, 2, 0), opHeld, 64, opKey, keyArg(0, 0, 0), opHeld, 1, opKeys, 1, opHeld, 2, opKeys, 0},
			{opVerify, tokenSibling + 1, opUsual, 0, opHeld, 64 + 6, opWait, 10, opUsual, 0, opHeld, 0, opRevoke, 0, opHeld, 0, opList, 1},
			{opVerify, tokenSecond, opUsual, 1, opHeld, 0, opWait, 4}, {opVerify, tokenEarly, opHeld, 0, opWait, 6}, {opUsual, 0, opHeld, 0, opKey, keyArg(0, noMaterial, 0)},
		},
		{ // what was refused at first holds later
			twice(tokenTooLong, tokenEarly), {opWait, 4}, twice(tokenTooLong), {opWait, 6}, twice(tokenTooLong, tokenEarly), {opWait, 7}, twice(tokenTooLong, tokenEarly),
			{opKey, keyArg(0, noMaterial, 0)}, twice(tokenRules), {opUsual, 0}, twice(tokenRules), {opRevoke, 1}, twice(tokenSibling), {opUnrevoke, 0}, twice(tokenSibling),
		},
		{ // everything else there is
			{opSweep, 15 + 8<<4, opSweep, 15 + 11<<4, opVerify, 30, opVerify, 31, opVerify, 32, opVerify, 33, opVerify, 34, opVerify, 35, opVerify, 38, opVerify, 39, opMutant, 0, opDecide, 0},
		},
	}
	var list [][]byte
	for i, seed := range seeds {
		for _, setup := range []byte{byte(i % 16), byte(i%16) ^ 1} { // either bound
			list = append(list, slices.Concat(append([][]byte{{setup}}, seed...)...))
		}
	}
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 8 { // long ones, for the fuzzer to change here and there
		data := []byte{byte(i)}
		for range 250 {
			op := byte(r.IntN(2 * int(ops)))
			if op >= ops {
				op = [...]byte{opVerify, opVerify, opVerify, opMutant, opSweep}[r.IntN(5)]
			}
			data = append(data, op, byte(r.Uint32()))
		}
		list = append(list, data)
	}
	return list
}
