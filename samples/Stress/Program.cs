using McCache.Stress.Silo;
using McCache.Stress.Table;

return args[0] == "silo" ? await SiloCommand.RunAsync(args[1]) : TableCommand.Run(args[1]);
