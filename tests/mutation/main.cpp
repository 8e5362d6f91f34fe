// Main program of simulations that nobody looks into while they run: a clock until the harness is done. It takes a
// twentieth of the time of one that loads Python, which compares what was recorded when it has ended.
#include "Vtop.h"
#include "verilated.h"

int main(int argc, char** argv) {
    VerilatedContext& context = *Verilated::threadContextp();
    context.commandArgs(argc, argv);
    Vtop top{&context, ""};
    while (!top.done && !context.gotFinish()) {
        top.eval();
        context.timeInc(5000);
        top.SPINSC_TB_CLOCK = !top.SPINSC_TB_CLOCK;
    }
    top.final();
}
