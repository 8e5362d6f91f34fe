// Runs a Verilated model until its output `done`, with no VPI and no Python: the limit of what a testbench can reach.
#include "Vtop.h"
#include "verilated.h"

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vtop top{&context};
    top.eval();
    while (!context.gotFinish() && !top.done) {
        context.timeInc(5000);
        top.SPINSC_TB_CLOCK = !top.SPINSC_TB_CLOCK;
        top.eval();
    }
    const bool finished = top.done;
    top.final();
    return finished ? 0 : 1;
}
