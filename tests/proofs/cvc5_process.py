"""What a process of its own does for test_second_opinion: cvc5 does not keep a time limit."""


def answer(text):
    """What cvc5 says to an SMT-LIB text that ends with one question."""
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "claim")
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, parser.getSymbolManager())
    return said.strip()
